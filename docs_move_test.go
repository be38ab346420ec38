package gormsession_test

import (
	"context"
	"log"
	"os"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/django"
)

func main() {
	db, err := gorm.Open(postgres.Open(os.Getenv("DATABASE")), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	config := django.Config{SecretKey: os.Getenv("SECRET_KEY")} // as in sessions.go
	moved, err := django.MoveToHashed(context.Background(), db, config)
	log.Printf("%+v", moved)
	if err != nil {
		log.Fatal(err)
	}
}

var _ = main // of docs/django.md, whose TestDocumentPrograms has the compiler read it
